import { EventEmitter } from 'node:events';

/** No event can be listened to. */
export default function breaksEmitters(): Promise<number> {
  for (const method of ['on', 'once', 'emit'] as const) {
    EventEmitter.prototype[method] = () => {
      throw new Error('replaced');
    };
  }
  return new Promise((resolve) => setTimeout(resolve, 100, 5));
}
