"""The GraphQL surface: one type per noun, three to six lines per operation."""
