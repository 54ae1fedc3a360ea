/**
 * A JSON file as an ES module with its keys as named exports, as TypeScript and bundlers read such imports. Node's own import of JSON prints
 * a warning before Node 22.
 * @throws SyntaxError when the text is not JSON.
 */
export function jsonModule(text: string): string {
  const plain = text.replace(/^\uFEFF/, '');
  const value: unknown = JSON.parse(plain);
  // JSON.parse, because `__proto__` in a literal of JavaScript is not a key.
  const lines = [`const data = JSON.parse(${JSON.stringify(plain)});`, 'export default data;'];
  const keys = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  for (const [index, key] of keys.entries()) {
    // A lone surrogate is not a name.
    if (key === 'default' || /\p{Surrogate}/u.test(key)) continue;
    lines.push(`const v${index} = data[${JSON.stringify(key)}]; export { v${index} as ${JSON.stringify(key)} };`);
  }
  return `${lines.join('\n')}\n`;
}
