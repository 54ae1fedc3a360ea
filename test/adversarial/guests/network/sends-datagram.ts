import { createSocket } from 'node:dgram';

/** Sends a datagram, or fails as sendto(2) does. */
export default function sendsDatagram(port: number, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.send('datagram', port, address, (error) => (error ? reject(error) : resolve('sent')));
  });
}
