import { Module } from "@nestjs/common";
import { ConfigModule } from "@nestjs/config";
import { readEnvironment } from "./environment";
import { HealthController } from "./health/health.controller";
import { LogbookModule } from "./logbook/logbook.module";

@Module({
  imports: [ConfigModule.forRoot({ cache: true, ignoreEnvFile: true, validate: readEnvironment }), LogbookModule],
  controllers: [HealthController],
})
export class AppModule {}
