BEGIN TRANSACTION;
CREATE TABLE wb_artifacts (
	digest VARCHAR NOT NULL, 
	size BIGINT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (digest)
);
CREATE TABLE wb_commands (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "wb_commands" VALUES(1,'run-vnj80674vc',1796031883009954,'{"by":"person","surface":"python","kind":"answer","request":"req-6m9cx5esvd","token":"YXnXOwv0NSYeTMJpRGpzoTYj","verdict":"approve","args":{"row":7},"scope":"once","limits":null,"confirm":"","choice":null,"reason":"","then":"continue"}','done','');
INSERT INTO "wb_commands" VALUES(2,'run-vnj80674vc',1796031883028056,'{"by":"person","surface":"python","kind":"answer","request":"req-9en02v3yxp","token":"kVw-gDX3iD6vaONGr_GtlrWp","verdict":"approve","args":{"row":7},"scope":"once","limits":null,"confirm":"","choice":null,"reason":"","then":"continue"}','done','');
CREATE TABLE wb_events (
	run VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	at_us BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (run, seq)
);
INSERT INTO "wb_events" VALUES('run-vnj80674vc',1,1796031882962727,0,'run.created','{"goal":"for the corpus","key":"talked","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":2333169044,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','c40e12fb2965ff7d9044e0f1792d9a26c8f76089c019b85052e914872249db59');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',2,1796031882962727,0,'plan.revised','{"number":1,"digest":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"book","tool":"book","args":{"name":"book"}},{"id":"ask","tool":"consult","args":{"name":"ask"},"after":["book"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"book","text":"the point of no return: the first step that cannot be undone"}]}','5eb0249587dc8e79970d345354bcb80c033d18e1a5d1eb1bcb4edb79448781ed');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',3,1796031882984989,1,'host.attached','{"host":"corpus/boot/space 29659 1648406 host-wg64xhr0h4","epoch":1}','fb210f5e6ec366ed0b8040bc616d8e6c5bde63771c6b4019992be4a9a42f5913');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',4,1796031882993528,1,'run.started','{}','fa5d92022ec81176e4482eb4bb0eeb2409c286760a5c1a7c3b706df4e5d2979c');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',5,1796031882994783,1,'call.intended','{"step":"book","attempt":1,"tool":"book","effect":"irreversible","args":{"value":{"name":"book"}},"key":"c0a970a423ab9f7b8a55ba7721b38fee","allowed_by":"the rule allow ''*'' covers book","spend":{"calls":1.0}}','83c92ca2a53750371f5eea735624080e6f311aa9fc06a2f38a1a2c8448489ced');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',6,1796031882999355,1,'call.reported','{"step":"book","attempt":1,"progress":0.5,"text":"half of it"}','5e79476cdf3a7f9ba7d50fcac2be2fe17d93cbea221afc077c82042f2ac49f6f');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',7,1796031882999464,1,'call.asked','{"step":"book","attempt":1,"questions":{"seat":{"by":"the other side","text":"Which seat?","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}}},"state":"state of the other side"}','62eb5619bf8fbab8d35075272039da534a1644a99f6c945afd69caba43ae543d');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',8,1796031882999681,1,'request.opened','{"request":"req-6m9cx5esvd","token":"YXnXOwv0NSYeTMJpRGpzoTYj","about":"elicitation","step":"book","title":"the other side asks you something during book","why":"what you answer is sent to it","tool":"book","revision":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","risk":"local","gate":{"form":"notice"},"evidence":{"asks":"Which seat?","key":"seat","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}},"if_refused":"the other side is told that you decline; what it does then is its own affair"}','19d8befa43a64c23b7313ef32d27efae6f96ada5925d8c80940bdda622546a8c');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',9,1796031882999850,1,'run.waiting','{}','a61a3af49754e60a56c81a0b6aca666389dfe0f0e6bce7ca34bf06389ced32ae');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',10,1796031883015646,2,'request.answered','{"request":"req-6m9cx5esvd","step":"book","verdict":"approve","by":"person","surface":"python","args":{"row":7}}','0f818bd26b9619509ca22facbfe0da011879f8cd83f04cbd5cf2f8ba69442278');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',11,1796031883015741,2,'run.resumed','{"by":"person"}','7b74752b2e51fdcd22ed9ec3a098b7434420923810976c69eb8541aa25406e7a');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',12,1796031883016201,2,'call.intended','{"step":"book","attempt":2,"tool":"book","effect":"irreversible","args":{"value":{"name":"book"}},"key":"c0a970a423ab9f7b8a55ba7721b38fee","allowed_by":"the rule allow ''*'' covers book","spend":{"calls":1.0}}','415fe4d7475df74a5363bf0714d387eb7fe9468c9d9c7f5fc364d5e3f468a060');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',13,1796031883022770,2,'call.reported','{"step":"book","attempt":2,"progress":0.5,"text":"half of it"}','ea8bd81210a2075cb54c8a0b87742cfe4b0ebfedea6d6e4a80a5e33e64d71cfb');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',14,1796031883023991,2,'call.succeeded','{"step":"book","attempt":2,"output":{"value":"book-7"},"duration_s":0.001313}','0290414172d54aef2e479148a201d33ff1fd0de417650fbae77da4676d8cc283');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',15,1796031883024504,2,'call.intended','{"step":"ask","attempt":1,"tool":"consult","effect":"read","args":{"value":{"name":"ask"}},"key":"8d839e2c3504bbc755d9a1c8c4f1409e","allowed_by":"the rule allow ''*'' covers consult"}','fa3f6463d0e70a551b05742627917dbe8eb79c4ec01ac4378f3ac6d30fe8b509');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',16,1796031883025080,2,'request.opened','{"request":"req-9en02v3yxp","token":"kVw-gDX3iD6vaONGr_GtlrWp","about":"elicitation","step":"ask","title":"the other side asks you something during ask","why":"what you answer is sent to it","tool":"consult","revision":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","risk":"local","gate":{"form":"notice"},"evidence":{"asks":"Which row?","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}},"if_refused":"the other side is told that you decline; what it does then is its own affair"}','d5434de059891117dec89e96d9d3b2030eda358fdc22f1819d46fc6662e23edf');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',17,1796031883031789,2,'request.answered','{"request":"req-9en02v3yxp","step":"ask","verdict":"approve","by":"person","surface":"python","args":{"row":7}}','3260e198ce0ebf86dc99737037ea2a3cb042b9648f24b5af877fc08f926fef3b');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',18,1796031883032055,2,'call.sampled','{"step":"ask","attempt":1,"model":"scripted","outcome":"answered","usage":{"tokens_in":3.0,"tokens_out":4.0},"duration_s":0.000028}','ef38022f9644029e47fdeb7d99f78401f2aa5e7296dcedc5dcf2d318439cecf4');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',19,1796031883032131,2,'call.succeeded','{"step":"ask","attempt":1,"output":{"value":"words accept"},"duration_s":0.007554}','5f826ecd3649f14365b80c2d9dbb874e942e72da1e6db8c19d154e521a7195d2');
INSERT INTO "wb_events" VALUES('run-vnj80674vc',20,1796031883049198,2,'run.succeeded','{"result":{"value":"words accept"}}','fbbe7926a376669258ea1941cf91f83a2e69bf3e45e852e151961c3e62f124de');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',1,1796031904575579,0,'run.created','{"goal":"for the corpus","key":"crashed","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":1932991528,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','d36a0852607e3e3c092a7e8ffb37ebd14c475e8509c8434f81eb95348e92ee82');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',2,1796031904575579,0,'plan.revised','{"number":1,"digest":"070697a60a7efc03e037634a91fcd44e5c58479a63b4e9f1a2e0f12f1d8da96f","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"a","tool":"think","args":{"name":"a"}},{"id":"sent","tool":"post","args":{"name":"sent"},"after":["a"]},{"id":"z","tool":"think","args":{"name":"z"},"after":["sent"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"sent","text":"the point of no return: the first step that cannot be undone"}]}','a4863ee7aa008c3b9620e743727c3269900287a5384c0bfe17ad8f76c3dea61b');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',3,1796031904625950,1,'host.attached','{"host":"corpus/boot/space 29990 1650613 host-70y2v11hwg","epoch":1}','23d2ee86eadb5def448c14a2315eba73644bf2726862279d42e8513da668f0ce');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',4,1796031905456474,1,'run.started','{}','627e0af0fd7c15434f2acad73ef2e065db6b80c1bc27bdedc038d9d388205892');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',5,1796031905473655,1,'call.intended','{"step":"a","attempt":1,"tool":"think","effect":"pure","args":{"value":{"name":"a"}},"key":"243f7bd8d2675da619a67150f4a7f976","allowed_by":"the rule allow ''*'' covers think"}','7a9a397bdf57c73da18d8e850341f06b8971147202faa4dbf5db64dd5b76747e');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',6,1796031905474647,1,'call.succeeded','{"step":"a","attempt":1,"output":{"value":"a"},"duration_s":0.00081}','0664775e3434f9439357f418047b035c583493a2de99a5c27c0e611b5193b053');
INSERT INTO "wb_events" VALUES('run-5ephjrtajz',7,1796031905474988,1,'call.intended','{"step":"sent","attempt":1,"tool":"post","effect":"irreversible","args":{"value":{"name":"sent"}},"key":"42113c4a7e85267620c0fba630a20117","allowed_by":"the rule allow ''*'' covers post","spend":{"calls":1.0}}','93c3d665c231912811f755225301819b2aa9012f43eceeb23dd521ee3d40a23d');
CREATE TABLE wb_late_outcomes (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_ledger (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	step VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	agent VARCHAR NOT NULL, 
	on_behalf_of VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	amount FLOAT NOT NULL, 
	state VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_meta (
	"key" VARCHAR NOT NULL, 
	value TEXT, 
	PRIMARY KEY ("key")
);
INSERT INTO "wb_meta" VALUES('format','workbench-journal');
INSERT INTO "wb_meta" VALUES('version','3');
INSERT INTO "wb_meta" VALUES('checkpointer','corpus/boot/space 29990 1650613 host-70y2v11hwg');
CREATE TABLE wb_rules (
	number INTEGER NOT NULL, 
	rule VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	action VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_runs (
	id VARCHAR NOT NULL, 
	"key" VARCHAR, 
	goal TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	head VARCHAR NOT NULL, 
	epoch BIGINT NOT NULL, 
	owner VARCHAR NOT NULL, 
	lease_until_us BIGINT NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	open_requests INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "wb_runs" VALUES('run-vnj80674vc','talked','for the corpus','succeeded',1796031882962727,1796031883053718,20,'fbbe7926a376669258ea1941cf91f83a2e69bf3e45e852e151961c3e62f124de',3,'',0,2,2,0);
INSERT INTO "wb_runs" VALUES('run-5ephjrtajz','crashed','for the corpus','running',1796031904575579,1796031905646314,7,'93c3d665c231912811f755225301819b2aa9012f43eceeb23dd521ee3d40a23d',1,'corpus/boot/space 29990 1650613 host-70y2v11hwg',1796031920646314,1,3,0);
CREATE TABLE wb_snapshots (
	run VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	fold INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	frontier TEXT, 
	PRIMARY KEY (run, seq)
);
CREATE INDEX wb_commands_open ON wb_commands (state, run);
CREATE INDEX wb_ledger_in_time ON wb_ledger (unit, at_us);
CREATE INDEX wb_ledger_of_run ON wb_ledger (run, step);
COMMIT;
