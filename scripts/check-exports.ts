import ts from 'typescript';

/**
 * Exports of `owned` files that no other file of the program uses, as `file:line: what`. A type need only be used at all: others
 * may know it by the value that has it. `entries` export for others to use.
 */
export function checkExports(program: ts.Program, owned: (file: string) => boolean, entries: ReadonlySet<string>): string[] {
  const checker = program.getTypeChecker();
  const used = new Set<ts.Symbol>();
  const resolve = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

  const files = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
  for (const file of files) {
    const use = (symbol: ts.Symbol | undefined) => {
      if (symbol === undefined) return;
      const target = resolve(symbol);
      if (target.flags & ts.SymbolFlags.Value && target.declarations?.every((one) => one.getSourceFile() === file)) return;
      used.add(target);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && !isOwnName(node)) use(checker.getSymbolAtLocation(node));
      // const { name } = await import('./module.js')
      if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
        const name = node.propertyName ?? node.name;
        if (ts.isIdentifier(name)) use(checker.getTypeAtLocation(node.parent).getProperty(name.text));
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }

  const problems: string[] = [];
  for (const file of files) {
    const path = relative(program, file);
    const module = checker.getSymbolAtLocation(file);
    if (!owned(path) || entries.has(path) || module === undefined) continue;
    for (const symbol of checker.getExportsOfModule(module)) {
      const [declaration] = resolve(symbol).declarations ?? [];
      if (used.has(resolve(symbol)) || declaration?.getSourceFile() !== file) continue;
      const { line } = file.getLineAndCharacterOfPosition(declaration.getStart(file));
      problems.push(`${path}:${line + 1}: exports ${symbol.name}, which no other file uses`);
    }
  }
  return problems;
}

function isOwnName({ parent }: ts.Identifier): boolean {
  return ts.isInterfaceDeclaration(parent) || ts.isTypeAliasDeclaration(parent);
}

/** Path of a source file, relative to the program's root. */
export function relative(program: ts.Program, file: ts.SourceFile): string {
  const root = `${program.getCurrentDirectory()}/`;
  return file.fileName.startsWith(root) ? file.fileName.slice(root.length) : file.fileName;
}
