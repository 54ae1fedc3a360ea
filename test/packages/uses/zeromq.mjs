import { Pull, Push } from 'zeromq';

export default async () => {
  const push = new Push();
  const pull = new Pull();
  await push.bind('inproc://pipe');
  pull.connect('inproc://pipe');
  await push.send('hello');
  const [message] = await pull.receive();
  push.close();
  pull.close();
  return message.toString();
};
