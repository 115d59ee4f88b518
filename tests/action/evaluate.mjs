// Evaluates texts with ${{ }} by GitHub's own implementation (https://github.com/actions/languageservices/tree/main/expressions).
// Argument: the module. In: {"contexts": {name: value}, "texts": {key: text}} on stdin. Out: {key: text} on stdout.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { Evaluator, Lexer, Parser, data } = await import(pathToFileURL(process.argv[2]));
const { contexts, texts } = JSON.parse(readFileSync(0, "utf8"));

function known(value) {
  if (typeof value === "string") return new data.StringData(value);
  return new data.Dictionary(...Object.entries(value).map(([key, one]) => ({ key, value: known(one) })));
}

function evaluated(expression) {
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), []).parse();
  return new Evaluator(tree, known(contexts)).evaluate().coerceString();
}

// An expression ends at }} outside of its '...' texts.
const place = /\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}/g;
const result = Object.entries(texts).map(([key, text]) => [key, text.replace(place, (_, one) => evaluated(one))]);
process.stdout.write(JSON.stringify(Object.fromEntries(result)));
