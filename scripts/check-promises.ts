import ts from 'typescript';
import { relative } from './check-exports.js';

/**
 * Promises that a statement drops, as `file:line: what`. Biome refuses them too, but does not know the types of Node's own
 * modules and of packages (biome 2.6: `readFile('x');` passes).
 */
export function checkPromises(program: ts.Program, owned: (file: string) => boolean): string[] {
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  for (const file of program.getSourceFiles()) {
    const path = relative(program, file);
    if (file.isDeclarationFile || !owned(path)) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isExpressionStatement(node) && isPromise(checker, node.expression) && !isHandled(node.expression)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        problems.push(`${path}:${line + 1}: drops a promise: await it, return it, or handle its rejection`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return problems;
}

function isPromise(checker: ts.TypeChecker, expression: ts.Expression): boolean {
  // An assignment keeps its value.
  if (ts.isBinaryExpression(expression) && isAssignment(expression.operatorToken.kind)) return false;
  const type = checker.getTypeAtLocation(expression);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some((part) => part.symbol?.name === 'Promise' || part.symbol?.name === 'PromiseLike');
}

const isAssignment = (kind: ts.SyntaxKind) => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** `.catch(handler)`, or `.then(..., handler)`. */
function isHandled(expression: ts.Expression): boolean {
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return false;
  const { name } = expression.expression;
  return (
    (name.text === 'catch' && expression.arguments.length > 0) || (name.text === 'then' && expression.arguments.length > 1)
  );
}
