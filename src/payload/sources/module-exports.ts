import type { AnyNode, Program } from 'acorn';

export interface ModuleExports {
  /** Own exports of an ES module by name, `default` included. */
  readonly exports: readonly string[];
  /** Specifiers of its `export * from`. */
  readonly exportStars: readonly string[];
}

/** What the statements of an ES module export. */
export function exportsOf(program: Program): ModuleExports {
  const exports: string[] = [];
  const exportStars: string[] = [];
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') exports.push('default');
    if (statement.type === 'ExportAllDeclaration') {
      if (statement.exported) exports.push(nameOf(statement.exported));
      else exportStars.push(String(statement.source.value));
    }
    if (statement.type !== 'ExportNamedDeclaration') continue;
    exports.push(...statement.specifiers.map((specifier) => nameOf(specifier.exported)));
    if (statement.declaration) exports.push(...declaredNames(statement.declaration));
  }
  return { exports, exportStars };
}

function declaredNames(declaration: AnyNode): string[] {
  if (declaration.type !== 'VariableDeclaration') return 'id' in declaration && declaration.id ? [nameOf(declaration.id)] : [];
  return declaration.declarations.flatMap((each) => patternNames(each.id));
}

function patternNames(pattern: AnyNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) => patternNames(each.type === 'Property' ? each.value : each.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap((each) => (each === null ? [] : patternNames(each)));
    case 'AssignmentPattern':
      return patternNames(pattern.left);
    case 'RestElement':
      return patternNames(pattern.argument);
    default:
      return [];
  }
}

function nameOf(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : String((node as { value?: unknown }).value);
}
