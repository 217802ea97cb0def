package im

// Record is what a search finds of an address. It travels with an append, is stored with it, and replaces the record
// that was there before.
type Record struct {
	// Gone takes the address out of the search; the other fields are then zero.
	Gone bool
	// TS is the stamp that a search sorts by as "ts".
	TS Millis
	// Fields are what searches filter and sort by, sorted by name, each name once.
	Fields []Field
	// Body is what a search answers with. The log never looks inside. At most MaxRecordBody bytes.
	Body []byte
}

// Field is one scalar attribute of a record.
type Field struct {
	// Name is 1 to MaxAttributeName bytes without a NUL.
	Name string
	Type FieldType
	// Text is a string's content, else the JSON text of the value. A filter matches when it is equal to Text, whatever
	// the type.
	Text string
}

// FieldType orders values of different types: numbers come before strings, and those before booleans. The values are part
// of the stored format.
type FieldType uint8

// The types of a field. JSON null, arrays and objects are no fields.
const (
	NumberField FieldType = 1
	StringField FieldType = 2
	BoolField   FieldType = 3
)

const (
	// MaxAttributes bounds the attributes of one object.
	MaxAttributes = 256
	// MaxAttributeName bounds the name of an attribute, in bytes of UTF-8.
	MaxAttributeName = 128
	// MaxAttributesBytes bounds the attributes of one object: their names and values as JSON together.
	MaxAttributesBytes = 64 << 10
	// MaxRecordBody bounds Record.Body: attributes as one JSON object, and room for what stands around them.
	MaxRecordBody = 2 * MaxAttributesBytes
)

// Query asks which records of an app and kind there are.
type Query struct {
	App  AppID
	Kind Kind
	// Where must hold altogether. Empty = all records.
	Where []Condition
	// Sort orders what is found, the first key first; what lacks a key comes last, and equals are ordered by id. Empty =
	// by id.
	Sort []SortKey
	// Skip is the number of records to leave out, Limit the most to answer with. Both at least 0.
	Skip, Limit int
}

// Condition holds for a record that has a field of that name and text.
type Condition struct{ Name, Text string }

// SortKey is a field to sort by; the names "id" and "ts" are the record's own, before any field of that name.
type SortKey struct {
	Name       string
	Descending bool
}

// Found is one record that a search found.
type Found struct {
	ID   string
	TS   Millis
	Body []byte
}

// FoundKey names one record that a search found, with what it is sorted by: enough to put what several searches found into
// one order, and to go on after it.
type FoundKey struct {
	Shard ShardID
	ID    string
	// Values has one for each key of the order that the query comes down to: those of Sort, without a name for the second
	// time, without what follows the name "id", and without an ascending "id" at the end.
	Values []SortValue
}

// SortValue is one value that a record is sorted by.
type SortValue struct {
	// Kind is 0 for a value that is not there.
	Kind FieldType
	// Text is what Field.Text is; that of "ts" is a number in decimal.
	Text string
}
