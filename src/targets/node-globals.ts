import { createContext, runInContext } from 'node:vm';

/**
 * What Node adds to the language's own globals, Node 20 to 26. A fixed list, because `globalThis` of a running program also
 * holds what test runners and polyfills put there; names this Node does not have are left out below.
 */
const addedByNode = `
  AbortController AbortSignal Blob BroadcastChannel Buffer ByteLengthQueuingStrategy CloseEvent CompressionStream
  CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event EventSource EventTarget
  File FormData Headers MessageChannel MessageEvent MessagePort Navigator Performance PerformanceEntry PerformanceMark
  PerformanceMeasure PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming QuotaExceededError
  ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader Request Response Storage SubtleCrypto TextDecoder
  TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLPattern
  URLSearchParams WebAssembly WebSocket WritableStream WritableStreamDefaultController WritableStreamDefaultWriter atob btoa
  clearImmediate clearInterval clearTimeout console crypto fetch global localStorage navigator performance process
  queueMicrotask sessionStorage setImmediate setInterval setTimeout structuredClone`;

let names: ReadonlySet<string> | undefined;

/** Names that every module of this Node can use without importing anything. */
export function nodeGlobals(): ReadonlySet<string> {
  if (names === undefined) {
    const language = runInContext('Object.getOwnPropertyNames(globalThis)', createContext()) as string[];
    // `in`, not a read: some of them are getters that load half of Node.
    names = new Set([
      ...language,
      ...addedByNode
        .trim()
        .split(/\s+/)
        .filter((name) => name in globalThis),
    ]);
  }
  return names;
}
