/** The plants, for the pages and for the planner. */
window.PLANTS = [
    {id: 'monstera', name: 'Monstera', price: 34.5, art: '\u{1F33F}', room: 'living', light: 'some'},
    {id: 'cactus', name: 'Cactus', price: 12, art: '\u{1F335}', room: 'office', light: 'much'},
    {id: 'fern', name: 'Fern', price: 18.9, art: '\u{1FAB4}', room: 'bath', light: 'little'},
    {id: 'basil', name: 'Basil', price: 3.2, art: '\u{1F331}', room: 'kitchen', light: 'much'},
    {id: 'palm', name: 'Palm', price: 59, art: '\u{1F334}', room: 'living', light: 'much'},
    {id: 'clover', name: 'Clover', price: 7.4, art: '\u{1F340}', room: 'office', light: 'some'},
];
