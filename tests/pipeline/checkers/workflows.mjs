// What GitHub's own editor says of each workflow that is named: FILE:LINE: MESSAGE, and exit 1 when there is any.
import { readFileSync } from "node:fs";
import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";

async function main(files) {
  let found = 0;
  for (const file of files) {
    const document = TextDocument.create(`file:///.github/workflows/${found}.yml`, "yaml", 1, readFileSync(file, "utf8"));
    for (const problem of await validate(document, {})) {
      found++;
      console.log(`${file}:${problem.range.start.line + 1}: ${problem.message}`);
    }
  }
  process.exit(found ? 1 : 0);
}

main(process.argv.slice(2));
