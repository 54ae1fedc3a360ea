import type { AnyNode, Node } from 'acorn';

/** Visits `node` and what is below it, in the order of the source; `false` from `visit` leaves out what is below. */
export function walk(node: Node, visit: (node: AnyNode, parent: AnyNode | null) => boolean | undefined): void {
  const pending: [AnyNode, AnyNode | null][] = [[node as AnyNode, null]];
  // A stack of its own: a chain of a few thousand `+` overflows a recursive walk.
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [current, parent] = next;
    if (visit(current, parent) === false) continue;
    const children = Object.values(current).flat().filter(isNode);
    for (const child of children.reverse()) pending.push([child, current]);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The text of a string literal, or of a template without expressions. */
export function literalText(node: Node | undefined): string | undefined {
  const any = node as AnyNode | undefined;
  if (any?.type === 'Literal' && typeof any.value === 'string') return any.value;
  if (any?.type === 'TemplateLiteral' && any.expressions.length === 0) return any.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}
