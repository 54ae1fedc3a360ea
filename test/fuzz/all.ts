import type { Fuzzed } from './fuzzed.js';
import { cgroupMeter, cgroupPath, counters } from './properties/cgroup-files.js';
import { codecBytes, codecGrammar, codecMutations } from './properties/codec.js';
import { codecMemory } from './properties/codec-memory.js';
import { conversation } from './properties/conversation.js';
import { demultiplexer } from './properties/demultiplexer.js';
import { endMark, endOfOutputs } from './properties/end-mark.js';
import { exits, info, lines, owners, statsSample } from './properties/engine-answers.js';
import { engineHttp } from './properties/engine-http.js';
import { containerEvents, processStat, toldExits } from './properties/engine-witnesses.js';
import { errorPayload, lastWord } from './properties/error-payload.js';
import { frames } from './properties/frames.js';
import { globs } from './properties/globs.js';
import { messages } from './properties/messages.js';
import { packingGate } from './properties/packing-gate.js';
import { pathEvaluator } from './properties/path-evaluator.js';
import { recorded } from './properties/recorded.js';
import { sourceText } from './properties/source-text.js';
import { streamFrames } from './properties/stream-frames.js';

/** Every property there is. */
export const all: readonly Fuzzed[] = [
  streamFrames,
  demultiplexer,
  endMark,
  endOfOutputs,
  frames,
  messages,
  conversation,
  recorded,
  codecGrammar,
  codecMutations,
  codecBytes,
  codecMemory,
  errorPayload,
  lastWord,
  counters,
  cgroupPath,
  cgroupMeter,
  engineHttp,
  info,
  statsSample,
  exits,
  toldExits,
  containerEvents,
  processStat,
  lines,
  owners,
  globs,
  pathEvaluator,
  packingGate,
  sourceText,
];
