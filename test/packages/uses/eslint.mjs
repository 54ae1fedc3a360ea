import { ESLint } from 'eslint';

export default async () => {
  const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: { rules: { 'no-unused-vars': 'error' } } });
  const [result] = await eslint.lintText('let a = 1;', { filePath: 'a.js' });
  return result.messages.map(({ ruleId, line }) => [ruleId, line]);
};
