namespace Sightglass.Core.Contracts;

/// <summary>Decides rows one by one where a store's condition cannot, such as by what a parser finds in a line. One thread at a time.</summary>
/// <param name="Columns">What it reads of a row, in the order of the page's columns.</param>
/// <param name="AllAttributes">Whether it reads every attribute of the row.</param>
/// <param name="Takes">Whether a row of a page is one.</param>
public sealed record EventRowFilter(IReadOnlyList<ColumnRef> Columns, bool AllAttributes, Func<EventPage, int, bool> Takes);
