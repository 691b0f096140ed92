import "reflect-metadata";
import { readEnvironment } from "../src/environment";

it("has defaults", () => {
  expect(readEnvironment({ HOME: "/root" })).toMatchObject({ PORT: 8080, LOG_LEVEL: "log", SHUTDOWN_GRACE_MS: 2_000 });
});

it("takes what is set", () => {
  const variables = { PORT: "0", LOG_LEVEL: "warn", SHUTDOWN_GRACE_MS: "250" };
  expect(readEnvironment(variables)).toMatchObject({ PORT: 0, LOG_LEVEL: "warn", SHUTDOWN_GRACE_MS: 250 });
});

it.each([
  ["PORT", "http"],
  ["PORT", "70000"],
  ["LOG_LEVEL", "loud"],
  ["SHUTDOWN_GRACE_MS", "-1"],
])("names the variable that is wrong: %s=%s", (name, value) => {
  expect(() => readEnvironment({ [name]: value })).toThrow(name);
});
