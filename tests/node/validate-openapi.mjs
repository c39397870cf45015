// validate-openapi FILE: exits 0 when the file is a valid description by the schema of its own
// version; else 1, with what is wrong with it.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

const text = JSON.parse(readFileSync(process.argv[2], "utf8"));
const validator = new Validator();
const outcome = await validator.validate(text);
console.log(outcome.valid ? validator.version : JSON.stringify(outcome.errors, null, 1));
process.exit(outcome.valid ? 0 : 1);
