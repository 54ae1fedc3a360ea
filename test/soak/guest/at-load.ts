/** Imported first by modules that do not come to their end: what they print, they print while they are loaded. */
import { markBegin } from './marks.js';

markBegin(null);
