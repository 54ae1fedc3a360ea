import { openSync } from 'node:fs';

/** Opens until there is no descriptor left. */
export default function usesUpDescriptors(): never {
  for (;;) openSync('/dev/null', 'r');
}
