import { Module } from "@nestjs/common";
import { LogbookController } from "./logbook.controller";
import { CLOCK, LogbookService, type Clock } from "./logbook.service";

const clock: Clock = () => new Date();

@Module({
  controllers: [LogbookController],
  providers: [LogbookService, { provide: CLOCK, useValue: clock }],
})
export class LogbookModule {}
