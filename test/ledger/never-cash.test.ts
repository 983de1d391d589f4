import {
  type GraphQLInputObjectType,
  getNamedType,
  isInputObjectType,
  isNonNullType,
} from 'graphql';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { buildSchema } from '../../src/server/schema';
import { freshDatabase } from '../support/database';

const { schema } = buildSchema();

/** The input of a mutation. */
function inputOf(mutation: string): GraphQLInputObjectType {
  const argument = schema.getMutationType()?.getFields()[mutation]?.args[0];
  const type = argument && getNamedType(argument.type);
  if (!isInputObjectType(type)) throw new Error(`${mutation} takes no input`);
  return type;
}

describe('points never become money (R6.5)', () => {
  it('whatever moves points pays an order with them, moves them to a colleague or is the desk’s correction', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    const moving = mutations.filter((name) => 'points' in inputOf(name).getFields());
    expect(moving.sort()).toEqual([
      'adjustXPoints',
      'captureRedemption',
      'decideObjection',
      'redeemXPoints',
      'requestXPointsTransfer',
      'transferXPoints',
    ]);
    expect(isNonNullType(inputOf('redeemXPoints').getFields().orderId?.type)).toBe(true);
    expect(isNonNullType(inputOf('captureRedemption').getFields().redemptionId?.type)).toBe(true);
  });

  describe('in the database', () => {
    let database: DataSource;
    let drop: () => Promise<void>;

    beforeAll(async () => {
      const fresh = await freshDatabase();
      drop = fresh.drop;
      database = await createDataSource(fresh.url).initialize();
    });
    afterAll(async () => {
      await database.destroy();
      await drop();
    });

    it('there is no redemption without an order', async () => {
      const insert = database.query(
        `insert into redemptions (shard, account_id, number, order_id, state, points, held, captured, released, restored, terms_version, placed_at)
         values (1, 'ada', 1, null, 'CAPTURED', 5, 0, 5, 0, 0, 1, now())`,
      );
      await expect(insert).rejects.toMatchObject({
        driverError: { code: '23502', column: 'order_id' },
      });
    });
  });
});
