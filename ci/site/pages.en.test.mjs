// A file for each language: they run side by side.
import { testPages } from './pages.mjs';

testPages('en');
