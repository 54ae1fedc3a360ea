/** Edits (insert, delete, replace a letter) that turn one text into the other. Keeps the whole table: memory grows with the product. */
export function editDistance(from: string, to: string): number {
  const table = [Uint32Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row++) {
    const above = table[row - 1] as Uint32Array;
    const current = new Uint32Array(to.length + 1);
    current[0] = row;
    for (let column = 1; column <= to.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current[column] = Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
    }
    table.push(current);
  }
  return table[from.length]?.[to.length] ?? 0;
}
