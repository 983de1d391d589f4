import { DefaultNamingStrategy, type NamingStrategyInterface, type Table } from 'typeorm';

/** How the database spells our names: `placedAt` is `placed_at`, the primary key of `orders` is `orders_pkey`. */
export class HouseNaming extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(property: string, given: string | undefined): string {
    return given ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }

  override primaryKeyName(table: Table | string): string {
    return `${this.getTableName(table)}_pkey`;
  }
}
