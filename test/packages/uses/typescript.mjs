import { writeFileSync } from 'node:fs';
import ts from 'typescript';

export default () => {
  writeFileSync('/tmp/a.ts', 'const n: number = [1, 2].map(String)[0];');
  const program = ts.createProgram(['/tmp/a.ts'], { noEmit: true, strict: true, types: [] });
  return ts.getPreEmitDiagnostics(program).map(({ code }) => code);
};
