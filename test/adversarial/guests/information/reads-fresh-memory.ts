/** Memory that nobody has written to yet: whatever was in it before. */
export default function readsFreshMemory(text: string): boolean {
  for (let count = 0; count < 50; count++)
    if (Buffer.allocUnsafeSlow(2 ** 20).includes(text.split('').reverse().join(''))) return true;
  return false;
}
