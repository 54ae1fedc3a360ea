import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** The members of an interface in a source file, with their types as they are written there. */
export function interfaceMembers(path: string | URL, name: string): Map<string, string> {
  const file = ts.createSourceFile('source.ts', readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const declaration = file.statements.filter(ts.isInterfaceDeclaration).find((statement) => statement.name.text === name);
  const members = declaration?.members ?? [];
  return new Map(
    members.flatMap((member): [string, string][] =>
      member.name && ts.isIdentifier(member.name)
        ? [[member.name.text, ts.isPropertySignature(member) ? (member.type?.getText() ?? '') : '']]
        : [],
    ),
  );
}
