/** A company whose people order. Made up, like everyone in it. */
export interface Company {
  readonly id: string;
  readonly host: string;
  readonly program: 'EU' | 'TR';
  readonly locale: string;
  /** What one of its orders is usually worth, in whole units of the program's currency. */
  readonly usual: number;
  /** Some companies keep several billing accounts. */
  readonly billingAccounts: number;
  readonly people: readonly string[];
}

export const COMPANIES: readonly Company[] = [
  {
    id: 'nordwerk',
    host: 'nordwerk.example',
    program: 'EU',
    locale: 'de',
    usual: 2_400,
    billingAccounts: 1,
    people: [
      'Anneke Brandt',
      'Jonas Petersen',
      'Miriam Vogt',
      'Henrik Lorenz',
      'Katrin Ahlers',
      'Tobias Reuter',
      'Svenja Harms',
      'Matthias Kolbe',
    ],
  },
  {
    id: 'helvion',
    host: 'helvion-robotics.example',
    program: 'EU',
    locale: 'en',
    usual: 5_200,
    billingAccounts: 2,
    people: [
      'Clara Whitfield',
      'Oisin Gallagher',
      'Freya Lindqvist',
      'Daniel Okafor',
      'Elena Marchetti',
      'Ruben de Vries',
      'Saskia Mertens',
    ],
  },
  {
    id: 'wislanka',
    host: 'wislanka.example',
    program: 'EU',
    locale: 'pl',
    usual: 1_100,
    billingAccounts: 1,
    people: [
      'Agnieszka Zielinska',
      'Piotr Malinowski',
      'Zofia Kaczmarek',
      'Tomasz Wrona',
      'Magdalena Sikora',
      'Bartosz Nowicki',
    ],
  },
  {
    id: 'tallersol',
    host: 'tallersol.example',
    program: 'EU',
    locale: 'es',
    usual: 900,
    billingAccounts: 1,
    people: [
      'Lucia Ferrer',
      'Marcos Ibarra',
      'Nuria Castells',
      'Alvaro Quintana',
      'Ines Robledo',
      'Javier Montoya',
    ],
  },
  {
    id: 'anadolu-kalip',
    host: 'anadolukalip.example',
    program: 'TR',
    locale: 'tr',
    usual: 72_000,
    billingAccounts: 1,
    people: [
      'Elif Karaca',
      'Emre Yalman',
      'Zeynep Ongun',
      'Burak Tezcan',
      'Selin Aydogdu',
      'Cem Uysal',
      'Derya Kocak',
    ],
  },
  {
    id: 'marmara-otomasyon',
    host: 'marmaraotomasyon.example',
    program: 'TR',
    locale: 'tr',
    usual: 41_000,
    billingAccounts: 2,
    people: [
      'Mert Sezgin',
      'Asli Demirbag',
      'Kaan Ertugrul',
      'Pinar Soylu',
      'Volkan Ates',
      'Gizem Bayrak',
    ],
  },
];
