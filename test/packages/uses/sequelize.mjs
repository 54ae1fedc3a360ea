import { DataTypes, Sequelize } from 'sequelize';

export default () => {
  const sequelize = new Sequelize('postgres://user@127.0.0.1:1/db', { logging: false });
  const User = sequelize.define('User', { name: DataTypes.STRING });
  return [sequelize.getDialect(), Object.keys(User.rawAttributes)];
};
