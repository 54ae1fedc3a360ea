import { JSDOM } from 'jsdom';

export default () => {
  const { document } = new JSDOM('<style>p { color: red }</style><p>Hello</p>').window;
  return [document.querySelector('p').textContent, document.defaultView.getComputedStyle(document.querySelector('p')).color];
};
