// In a checkout the sources are TypeScript, and a thread does not inherit the loader that runs them.
import { register } from 'tsx/esm/api';

register();
await import('./pack-worker.ts');
