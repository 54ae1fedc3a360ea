/** How many primes there are below n, by the sieve of Eratosthenes. */
export function countPrimes(n: number): number {
  const composite = new Uint8Array(n);
  let count = 0;
  for (let candidate = 2; candidate < n; candidate++) {
    if (composite[candidate] === 1) continue;
    count++;
    for (let multiple = candidate * candidate; multiple < n; multiple += candidate) composite[multiple] = 1;
  }
  return count;
}
