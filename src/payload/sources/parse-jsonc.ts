import type { AnyNode, Property } from 'acorn';

/**
 * Parses JSON with comments and trailing commas, as tsconfig.json has them: with the parser of JavaScript, of which it is a part.
 * @throws SyntaxError with `loc`, the place in the text.
 */
export async function parseJsonc(text: string): Promise<unknown> {
  const { parseExpressionAt } = await import('acorn');
  return toValue(parseExpressionAt(text.replace(/^\uFEFF/, ''), 0, { ecmaVersion: 2025 }) as AnyNode);
}

function toValue(node: AnyNode | null): unknown {
  switch (node?.type) {
    case 'Literal':
      return node.value;
    case 'ArrayExpression':
      return node.elements.map((each) => toValue(each as AnyNode | null));
    case 'ObjectExpression':
      return Object.assign(Object.create(null), Object.fromEntries(node.properties.flatMap(entryOf)));
    case 'UnaryExpression':
      return node.operator === '-' ? -Number(toValue(node.argument)) : undefined;
    default:
      return undefined;
  }
}

function entryOf(property: AnyNode | Property): [string, unknown][] {
  if (property.type !== 'Property' || property.computed) return [];
  const { key } = property;
  const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null;
  return name === null ? [] : [[name, toValue(property.value as AnyNode)]];
}
