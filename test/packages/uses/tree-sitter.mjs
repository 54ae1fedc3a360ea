import Parser from 'tree-sitter';
import JavaScript from 'tree-sitter-javascript';

export default () => {
  const parser = new Parser();
  parser.setLanguage(JavaScript);
  return parser.parse('f(1)').rootNode.toString();
};
