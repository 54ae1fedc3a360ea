import type { PackedModule } from '../pack-module.js';
import type { PackRequest } from '../pack-request.js';
import type { PackedSource, SourceRequest } from '../pack-source.js';

/** What the thread that packs is asked, one request after another. */
export type WorkerRequest =
  | { readonly kind: 'module'; readonly request: PackRequest }
  | { readonly kind: 'source'; readonly request: SourceRequest }
  /** Nothing more comes: end, and leave no process behind. */
  | { readonly kind: 'end' };

/** What it answers. */
export type WorkerAnswer =
  | { readonly kind: 'packed'; readonly packed: PackedModule | PackedSource }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string }
  | { readonly kind: 'failed'; readonly error: unknown };
