/** A map that has to be copied to grow. */
export default function keepsMap(): never {
  const map = new Map<number, number>();
  for (let key = 0; ; key++) map.set(key, key);
}
