import { build } from 'vite';

export default async () => {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root: '/tmp',
    plugins: [
      {
        name: 'text',
        resolveId: (id) => (id === 'entry' ? id : null),
        load: (id) => (id === 'entry' ? 'console.log(1 + 1)' : null),
      },
    ],
    build: { write: false, minify: false, rollupOptions: { input: 'entry' } },
  });
  return result.output[0].code;
};
