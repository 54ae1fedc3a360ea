import { initAsyncCompiler } from 'sass-embedded';

export default async () => {
  const compiler = await initAsyncCompiler();
  const { css } = await compiler.compileStringAsync('a { b: 1px + 2px; }');
  await compiler.dispose();
  return css;
};
