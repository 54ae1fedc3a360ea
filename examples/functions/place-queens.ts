/**
 * How many ways there are to place n queens on a board of n × n so that none attacks another, by backtracking. Ends its own process
 * with SIGTERM when it has tried more squares than it may.
 */
export function countQueenPlacements(n: number, maxTries: number): number {
  let tries = 0;
  const place = (row: number, columns: number, rising: number, falling: number): number => {
    if (row === n) return 1;
    let count = 0;
    for (let column = 0; column < n; column++) {
      if (++tries > maxTries) process.kill(process.pid, 'SIGTERM');
      const bits = [1 << column, 1 << (row + column), 1 << (row - column + n)] as const;
      if (columns & bits[0] || rising & bits[1] || falling & bits[2]) continue;
      count += place(row + 1, columns | bits[0], rising | bits[1], falling | bits[2]);
    }
    return count;
  };
  return place(0, 0, 0, 0);
}
