import { connect, type NetConnectOpts } from 'node:net';

/** Connects, or fails as connect(2) does. */
export default function connects(to: NetConnectOpts): Promise<string> {
  return new Promise((resolve, reject) => {
    connect(to, () => resolve('connected')).on('error', reject);
  });
}
