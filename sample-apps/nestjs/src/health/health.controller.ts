import { Controller, Get } from "@nestjs/common";
import { release } from "../release";

@Controller("health")
export class HealthController {
  @Get()
  health(): { status: "ok"; release: string } {
    return { status: "ok", release };
  }
}
