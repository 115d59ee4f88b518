// Evaluates texts with ${{ }} by GitHub's own implementation (https://github.com/actions/languageservices/tree/main/expressions).
// Argument: the module. In, a line each: {"contexts": {name: value}, "texts": {key: text}}. Out, a line each: {key: text}.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { Evaluator, Lexer, Parser, data } = await import(pathToFileURL(process.argv[2]));

function known(value) {
  if (typeof value === "string") return new data.StringData(value);
  return new data.Dictionary(...Object.entries(value).map(([key, one]) => ({ key, value: known(one) })));
}

function evaluated(expression, contexts) {
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), []).parse();
  return new Evaluator(tree, known(contexts)).evaluate().coerceString();
}

// An expression ends at }} outside of its '...' texts.
const place = /\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}/g;
for await (const line of createInterface({ input: process.stdin })) {
  const { contexts, texts } = JSON.parse(line);
  const filled = (text) => text.replace(place, (_, one) => evaluated(one, contexts));
  const result = Object.entries(texts).map(([key, text]) => [key, filled(text)]);
  process.stdout.write(JSON.stringify(Object.fromEntries(result)) + "\n");
}
