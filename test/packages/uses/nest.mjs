import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

class Numbers {
  double(n) {
    return n * 2;
  }
}
class AppModule {}
Module({ providers: [Numbers] })(AppModule);

export default async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const doubled = app.get(Numbers).double(21);
  await app.close();
  return doubled;
};
