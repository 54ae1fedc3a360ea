import path from 'node:path';
import ts from 'typescript';
import { type ImportRule, importRules, packageRules } from './import-rules.js';

/** One import of a file, static or dynamic. */
export interface Import {
  specifier: string;
  /** Nothing of it is left at run time. */
  typesOnly: boolean;
  line: number;
}

/** Breaches of {@link importRules} and {@link packageRules}, as `file:line: what is wrong`. Paths are relative to the root. */
export function checkImports(files: Iterable<{ path: string; imports: readonly Import[] }>): string[] {
  const problems: string[] = [];
  for (const file of files) {
    const rule = importRules.find(({ from }) => file.path.startsWith(from));
    for (const { specifier, typesOnly, line } of file.imports) {
      const complain = (what: string) => problems.push(`${file.path}:${line}: ${what}`);
      if (specifier.startsWith('.')) {
        const target = path.posix.join(path.posix.dirname(file.path), specifier).replace(/\.js$/, '.ts');
        if (rule && !allowed(rule, target, typesOnly))
          complain(`may not import ${typesOnly ? 'types of ' : ''}${target}: ${rule.why}`);
        continue;
      }
      for (const { package: name, only, why } of packageRules) {
        if (specifier !== name && !specifier.startsWith(`${name}/`)) continue;
        const mine = rule !== undefined || file.path.startsWith('src/');
        if (mine && !only.some((folder) => file.path.startsWith(folder))) complain(`may not import ${name}: ${why}`);
      }
    }
  }
  return problems;
}

function allowed({ from, may }: ImportRule, target: string, typesOnly: boolean): boolean {
  const own = from.endsWith('/') && from !== 'src/' && target.startsWith(from);
  return (
    own ||
    may.some((entry) => {
      if (entry.startsWith('types:')) return typesOnly && target === entry.slice('types:'.length);
      // The files of a folder itself, without those of the folders in it.
      if (entry.endsWith('*')) return path.posix.dirname(target) === path.posix.dirname(entry);
      return entry.endsWith('/') ? target.startsWith(entry) : target === entry;
    })
  );
}

/** Everything that a source file imports or re-exports, `import()` with a literal and `import('x').Type` included. */
export function findImports(file: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typesOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { line } = file.getLineAndCharacterOfPosition(specifier.getStart(file));
    found.push({ specifier: specifier.text, typesOnly, line: line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, importsTypesOnly(node.importClause));
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly || namesTypesOnly(node.exportClause));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function importsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  return clause.name === undefined && namesTypesOnly(clause.namedBindings);
}

function namesTypesOnly(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (names === undefined || !('elements' in names)) return false;
  return names.elements.length > 0 && names.elements.every(({ isTypeOnly }) => isTypeOnly);
}
