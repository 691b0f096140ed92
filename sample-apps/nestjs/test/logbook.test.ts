import "reflect-metadata";
import { Test } from "@nestjs/testing";
import { LogbookModule } from "../src/logbook/logbook.module";
import { CLOCK, LogbookService } from "../src/logbook/logbook.service";

describe("the logbook", () => {
  let logbook: LogbookService;
  beforeEach(async () => {
    const module = await Test.createTestingModule({ imports: [LogbookModule] })
      .overrideProvider(CLOCK)
      .useValue(() => new Date(0))
      .compile();
    logbook = module.get(LogbookService);
  });

  it("stamps each entry with an id of its own and the time", () => {
    const [first, second] = [logbook.write({ watch: "dog", remark: "fog" }), logbook.write({ watch: "dog", remark: "fog" })];
    expect(first.id).not.toBe(second.id);
    expect(first.writtenAt).toBe("1970-01-01T00:00:00.000Z");
  });

  it("lists by watch, in the order of writing", () => {
    logbook.write({ watch: "dog", remark: "wind SW 5" });
    logbook.write({ watch: "first", remark: "land ahoy" });
    logbook.write({ watch: "dog", remark: "wind W 6" });
    expect(logbook.list({ watch: "dog" }).map(({ remark }) => remark)).toEqual(["wind SW 5", "wind W 6"]);
  });

  it("keeps what was corrected in the history alone", () => {
    const wrong = logbook.write({ watch: "morning", remark: "depth 50 m" });
    const right = logbook.write({ watch: "morning", remark: "depth 15 m", corrects: wrong.id });
    expect(logbook.list()).toEqual([right]);
    expect(logbook.list({ all: true })).toEqual([wrong, right]);
    expect(logbook.find(wrong.id)).toEqual(wrong);
  });

  it("corrects an entry once, and one that exists", () => {
    const wrong = logbook.write({ watch: "morning", remark: "depth 50 m" });
    logbook.write({ watch: "morning", remark: "depth 15 m", corrects: wrong.id });
    expect(() => logbook.write({ watch: "morning", remark: "?", corrects: wrong.id })).toThrow("corrected already");
    expect(() => logbook.write({ watch: "morning", remark: "?", corrects: "nothing" })).toThrow("no such entry");
    expect(logbook.list({ all: true })).toHaveLength(2);
  });
});
