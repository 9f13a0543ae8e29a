/** Where in a query an error is: the line (from 1) and the character in it (from 1). */
export interface Place {
  line: number;
  column: number;
}

/** "1:12: parse error: …" of PromQL, "parse error at line 1, col 12: …" of LogQL and TraceQL. */
export function placeOf(message: string): Place | undefined {
  const found = /\bline (\d+), col(?:umn)? (\d+)/.exec(message) ?? /(?:^|[\s"])(\d+):(\d+): /.exec(message);
  if (found === null) return undefined;
  return { line: Number(found[1]), column: Number(found[2]) };
}

/** The line of the query with a mark under the place. */
export function caretText(query: string, { line, column }: Place): string | undefined {
  const text = query.split('\n')[line - 1];
  if (text === undefined || column < 1 || column > text.length + 1) return undefined;
  return `${text}\n${' '.repeat(column - 1)}▲`;
}
