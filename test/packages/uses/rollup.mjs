import { rollup } from 'rollup';

export default async () => {
  const files = { a: 'import { b, unused } from "b"; console.log(b);', b: 'export const b = 1; export const unused = 2;' };
  const bundle = await rollup({
    input: 'a',
    plugins: [{ name: 'texts', resolveId: (id) => id, load: (id) => files[id] }],
  });
  const { output } = await bundle.generate({ format: 'es' });
  return output[0].code;
};
