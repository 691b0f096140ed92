import { Transform, Type } from "class-transformer";
import { IsIn, IsNotEmpty, IsNumber, IsOptional, IsString, IsUUID, Length, Max, Min, ValidateNested } from "class-validator";

export const WATCHES = ["first", "middle", "morning", "forenoon", "afternoon", "dog"] as const;
export type Watch = (typeof WATCHES)[number];

export class Position {
  @IsNumber()
  @Min(-90)
  @Max(90)
  latitude: number;

  @IsNumber()
  @Min(-180)
  @Max(180)
  longitude: number;
}

/** What the officer of the watch may write down. Unknown keys are refused. */
export class EntryDto {
  @IsIn(WATCHES)
  watch: Watch;

  @Transform(({ value }: { value: unknown }) => (typeof value === "string" ? value.trim() : value))
  @IsString()
  @Length(1, 500)
  remark: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Position)
  position?: Position;

  /** The entry that this one corrects: what is written in a logbook is never changed. */
  @IsOptional()
  @IsUUID()
  corrects?: string;
}

export class EntryFilter {
  @IsOptional()
  @IsNotEmpty()
  @IsIn(WATCHES)
  watch?: Watch;
}
