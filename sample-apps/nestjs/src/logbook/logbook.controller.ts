import { Body, Controller, Get, Param, ParseUUIDPipe, Post, Query, Res } from "@nestjs/common";
import type { Response } from "express";
import { EntryDto, EntryFilter } from "./entry.dto";
import { LogbookService, type Entry } from "./logbook.service";

@Controller("api/entries")
export class LogbookController {
  constructor(private readonly logbook: LogbookService) {}

  @Get()
  list(@Query() filter: EntryFilter): Entry[] {
    return this.logbook.list(filter);
  }

  @Get("history")
  history(): Entry[] {
    return this.logbook.list({ all: true });
  }

  @Get(":id")
  show(@Param("id", ParseUUIDPipe) id: string): Entry {
    return this.logbook.find(id);
  }

  @Post()
  write(@Body() dto: EntryDto, @Res({ passthrough: true }) response: Response): Entry {
    const entry = this.logbook.write(dto);
    response.location(`/api/entries/${entry.id}`);
    return entry;
  }
}
