import { DuckDBInstance } from '@duckdb/node-api';

export default async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll('select i * 2 as n from range(3) t(i)');
  return reader.getRowsJson();
};
